// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who depends on Needletail builds its benchmarks.
let package = Package(
  name: "NeedletailBenchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "Needletail", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "needletail-bench",
      dependencies: [
        .product(name: "Needletail", package: "Needletail"),
        .product(name: "NeedletailEvaluation", package: "Needletail"),
        .product(name: "NeedletailModels", package: "Needletail"),
        .product(name: "NeedletailTraining", package: "Needletail"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")])
  ]
)
