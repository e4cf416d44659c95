/// A part of any layer.
enum LayerPart: Hashable, Sendable {
  case query, key, value, projections, attentionOutput, attentionNorm, gate, expansion, gatedExpansion, contraction, outputNorm
  case queryNorm, keyNorm

  /// - Precondition: the part belongs to a layer.
  init(_ part: TransformerPart) {
    switch part {
    case .query: self = .query
    case .key: self = .key
    case .value: self = .value
    case .projections: self = .projections
    case .attentionOutput: self = .attentionOutput
    case .attentionNorm: self = .attentionNorm
    case .gate: self = .gate
    case .expansion: self = .expansion
    case .gatedExpansion: self = .gatedExpansion
    case .contraction: self = .contraction
    case .outputNorm: self = .outputNorm
    case .queryNorm: self = .queryNorm
    case .keyNorm: self = .keyNorm
    case .wordEmbedding, .positionEmbedding, .typeEmbedding, .embeddingNorm, .finalNorm, .relativeBias:
      preconditionFailure("\(part) belongs to no layer")
    }
  }
}

extension TensorNames {
  static let bertNames: [LayerPart: String] = [
    .query: "attention.self.query", .key: "attention.self.key", .value: "attention.self.value",
    .attentionOutput: "attention.output.dense", .attentionNorm: "attention.output.LayerNorm", .expansion: "intermediate.dense",
    .contraction: "output.dense", .outputNorm: "output.LayerNorm",
  ]

  static let distilledNames: [LayerPart: String] = [
    .query: "attention.q_lin", .key: "attention.k_lin", .value: "attention.v_lin", .attentionOutput: "attention.out_lin",
    .attentionNorm: "sa_layer_norm", .expansion: "ffn.lin1", .contraction: "ffn.lin2", .outputNorm: "output_layer_norm",
  ]

  static let mpnetNames: [LayerPart: String] = [
    .query: "attention.attn.q", .key: "attention.attn.k", .value: "attention.attn.v", .attentionOutput: "attention.attn.o",
    .attentionNorm: "attention.LayerNorm", .expansion: "intermediate.dense", .contraction: "output.dense",
    .outputNorm: "output.LayerNorm",
  ]

  static let modernNames: [LayerPart: String] = [
    .projections: "attn.Wqkv", .attentionOutput: "attn.Wo", .attentionNorm: "attn_norm", .gatedExpansion: "mlp.Wi",
    .contraction: "mlp.Wo", .outputNorm: "mlp_norm",
  ]

  static let nomicNames: [LayerPart: String] = [
    .projections: "attn.Wqkv", .attentionOutput: "attn.out_proj", .attentionNorm: "norm1", .expansion: "mlp.fc11", .gate: "mlp.fc12",
    .contraction: "mlp.fc2", .outputNorm: "norm2",
  ]

  static let decoderNames: [LayerPart: String] = [
    .query: "self_attn.q_proj", .key: "self_attn.k_proj", .value: "self_attn.v_proj", .attentionOutput: "self_attn.o_proj",
    .queryNorm: "self_attn.q_norm", .keyNorm: "self_attn.k_norm", .attentionNorm: "input_layernorm", .gate: "mlp.gate_proj",
    .expansion: "mlp.up_proj", .contraction: "mlp.down_proj", .outputNorm: "post_attention_layernorm",
  ]
}
