internal import NeedletailCore
internal import NeedletailPoints
internal import Synchronization

/// Counts requests against the rates that collections allow: a bucket that holds a minute's worth and refills steadily.
final class RequestLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var filled: ContinuousClock.Instant
  }

  private let buckets = Mutex<[String: Bucket]>([:])

  /// Takes tokens for a read.
  func admitRead(_ collection: String, _ settings: PointCollectionSettings, cost: Int = 1) throws(PointError) {
    try admit(collection, settings, "read_rate_limit", "Read", cost)
  }

  /// Takes tokens for a write.
  func admitWrite(_ collection: String, _ settings: PointCollectionSettings, cost: Int = 1) throws(PointError) {
    try admit(collection, settings, "write_rate_limit", "Write", cost)
  }

  private func admit(_ collection: String, _ settings: PointCollectionSettings, _ option: String, _ kind: String, _ cost: Int) throws(PointError) {
    guard case .object(let limits)? = settings.options["strict_mode_config"], limits["enabled"] == .bool(true), let rate = limits[option]?.double, rate > 0
    else { return }
    guard Double(cost) <= rate else {
      throw .rateLimited(
        "\(kind) rate limit exceeded: request larger than rate limiter capacity, please try to split your request", seconds: 60)
    }
    let missing = buckets.withLock { buckets -> Double? in
      let now = ContinuousClock.now
      var bucket = buckets["\(option) \(collection)"] ?? Bucket(tokens: rate, filled: now)
      bucket.tokens = min(rate, bucket.tokens + (now - bucket.filled) / .seconds(60) * rate)
      bucket.filled = now
      defer { buckets["\(option) \(collection)"] = bucket }
      guard bucket.tokens >= Double(cost) else { return bucket.tokens }
      bucket.tokens -= Double(cost)
      return nil
    }
    guard let missing else { return }
    let seconds = Int(((Double(cost) - missing) / rate * 60).rounded(.up))
    throw .rateLimited(
      "\(kind) rate limit exceeded: Operation requires \(cost) tokens but only \(missing) were available. Retry after \(seconds)s", seconds: max(1, seconds))
  }
}
