import NeedletailText
import Testing

@Suite struct ChatTemplateTests {
  private let conversation: [ChatTemplate.Message] = [
    .init(.system, "Be brief."), .init(.user, "Where?"), .init(.assistant, "In the hay."), .init(.user, " Which hay? "),
  ]

  @Test func writesTheMarksOfEachFamily() {
    #expect(
      ChatTemplate.chatML.text(of: conversation)
        == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhere?<|im_end|>\n<|im_start|>assistant\nIn the hay.<|im_end|>\n"
        + "<|im_start|>user\n Which hay? <|im_end|>\n<|im_start|>assistant\n")
    #expect(
      ChatTemplate.llama3.text(of: conversation)
        == "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhere?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nIn the hay.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n"
        + "Which hay?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")
    #expect(
      ChatTemplate.mistral.text(of: conversation)
        == "[INST] Be brief.\n\nWhere? [/INST] In the hay.</s>[INST]  Which hay?  [/INST]")
  }

  @Test func recognisesTemplatesByTheirMarks() {
    #expect(ChatTemplate(program: "{{ '<|im_start|>' + message['role'] }}") == .chatML)
    #expect(ChatTemplate(program: "{{ '<|start_header_id|>' }}") == .llama3)
    #expect(ChatTemplate(program: "{{ '[INST] ' }}") == .mistral)
    #expect(ChatTemplate(program: "{{ '[INST] <<SYS>>' }}") == nil)
    #expect(ChatTemplate(program: "{{ message }}") == nil)
  }
}
