/// What others published for the collections of BEIR: nDCG@10 of reproducible runs (Kamalloo et al., "Resources for Brewing BEIR", SIGIR 2024,
/// in the figures of their public regressions; BGE from the same).
public enum PublishedScores {
  /// The systems, in the order of the values.
  public static let systems = ["BM25 flat", "BM25 multifield", "SPLADE++ ED", "Contriever", "Contriever MS MARCO", "BGE-base"]

  /// nDCG@10 by collection; `cqadupstack` is the mean of its twelve forums.
  public static let beir: [String: [Double]] = [
    "trec-covid": [0.5947, 0.6559, 0.7270, 0.2732, 0.5964, 0.7815], "bioasq": [0.5225, 0.4646, 0.4980, 0.3016, 0.3829, 0.4148],
    "nfcorpus": [0.3218, 0.3254, 0.3473, 0.3173, 0.3281, 0.3735], "nq": [0.3055, 0.3285, 0.5373, 0.2536, 0.4977, 0.5414],
    "hotpotqa": [0.6330, 0.6027, 0.6868, 0.4807, 0.6376, 0.7259], "fiqa": [0.2361, 0.2361, 0.3473, 0.2449, 0.3293, 0.4065],
    "signal1m": [0.3304, 0.3304, 0.3006, 0.2338, 0.2783, 0.2886], "trec-news": [0.3952, 0.3977, 0.4169, 0.3484, 0.4283, 0.4424],
    "robust04": [0.4070, 0.4070, 0.4655, 0.3155, 0.4729, 0.4435], "arguana": [0.3970, 0.4142, 0.5265, 0.3791, 0.4461, 0.6362],
    "touche2020": [0.4422, 0.3673, 0.2464, 0.1668, 0.2040, 0.2571], "cqadupstack": [0.3021, 0.2987, 0.3335, 0.2842, 0.3454, 0.4237],
    "quora": [0.7886, 0.7886, 0.8344, 0.8349, 0.8648, 0.8890], "dbpedia-entity": [0.3180, 0.3128, 0.4374, 0.2916, 0.4128, 0.4073],
    "scidocs": [0.1490, 0.1581, 0.1588, 0.1491, 0.1652, 0.2172], "fever": [0.6513, 0.7530, 0.7879, 0.6821, 0.7583, 0.8629],
    "climate-fever": [0.1651, 0.2129, 0.2298, 0.1550, 0.2371, 0.3122], "scifact": [0.6789, 0.6647, 0.7036, 0.6493, 0.6768, 0.7408],
  ]

  /// R@100 of BM25 flat on the collection that is complete here.
  public static let scifactRecall = 0.9253
}
