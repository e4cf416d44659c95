/// What the tensors of a layer are called in a model file.
struct BackboneNames {
  let embeddings = "embeddings"
  let layer: @Sendable (Int) -> String
  let query, key, value, attentionOutput, attentionNorm, inner, output, outputNorm: String

  static let bert = BackboneNames(
    layer: { "encoder.layer.\($0)" }, query: "attention.self.query", key: "attention.self.key", value: "attention.self.value",
    attentionOutput: "attention.output.dense", attentionNorm: "attention.output.LayerNorm", inner: "intermediate.dense",
    output: "output.dense", outputNorm: "output.LayerNorm")

  static let distilBERT = BackboneNames(
    layer: { "transformer.layer.\($0)" }, query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
    attentionOutput: "attention.out_lin", attentionNorm: "sa_layer_norm", inner: "ffn.lin1", output: "ffn.lin2",
    outputNorm: "output_layer_norm")
}
