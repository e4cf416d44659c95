// swift-tools-version: 6.2
import PackageDescription

/// Settings shared by every Swift target: language mode 6 with the checks that keep the rooms honest.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
]

func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let hashTrees = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

let package = Package(
  name: "Needletail",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Needletail", targets: ["Needletail"]),
    .library(name: "NeedletailEvaluation", targets: ["NeedletailEvaluation"]),
    .library(name: "NeedletailModels", targets: ["NeedletailModels", "NeedletailNumerics"]),
    .library(name: "NeedletailServer", targets: ["NeedletailServer"]),
    .library(name: "NeedletailTraining", targets: ["NeedletailTraining", "NeedletailNumerics"]),
    .executable(name: "needletail", targets: ["NeedletailCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // level 0: the machine, the words we share, the pieces of a string
    .target(name: "CNeedletailKernels"),
    .target(name: "CBlockReads"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"]), .brew(["snowball"])]),
    room("NeedletailCore", []),
    room("NeedletailText", ["NeedletailCore", "CStemmer"]),

    // level 1 and 2: numbers, networks, indexes
    room("NeedletailNumerics", ["CNeedletailKernels", "CBlockReads", "CZlib"]),
    room("NeedletailModels", ["NeedletailCore", "NeedletailText", "NeedletailNumerics", crypto]),
    room("NeedletailIndex", ["NeedletailCore", "NeedletailNumerics"]),

    // level 3 and 4: the durable store, the answer, the judge
    room("NeedletailStore", ["NeedletailCore", "NeedletailIndex", "NeedletailNumerics", "NeedletailText", grdb, crypto]),
    room(
      "NeedletailPoints",
      ["NeedletailCore", "NeedletailIndex", "NeedletailNumerics", "NeedletailText", "NeedletailStore", grdb, crypto, hashTrees]),
    room("NeedletailRetrieval", ["NeedletailCore", "NeedletailIndex", "NeedletailText", "NeedletailNumerics", "NeedletailStore", crypto]),
    room("NeedletailEvaluation", ["NeedletailCore", "NeedletailIndex", "NeedletailNumerics", crypto]),
    room("NeedletailTraining", ["NeedletailCore", "NeedletailText", "NeedletailNumerics", "NeedletailModels", "NeedletailIndex", "NeedletailEvaluation"]),

    // level 5 and 6: the surfaces
    room("Needletail", ["NeedletailCore", "NeedletailText", "NeedletailModels", "NeedletailIndex", "NeedletailStore", "NeedletailRetrieval"]),
    room(
      "NeedletailReproduction",
      [
        "NeedletailCore", "NeedletailEvaluation", "NeedletailIndex", "NeedletailModels", "NeedletailNumerics",
        "NeedletailRetrieval", "NeedletailStore", "NeedletailText", "NeedletailTraining",
      ]),
    room(
      "NeedletailServer",
      [
        "Needletail", "NeedletailCore", "NeedletailModels", "NeedletailNumerics", "NeedletailPoints", "NeedletailRetrieval", "NeedletailStore",
        hummingbird, hummingbirdCore, hummingbirdTLS, httpTypes, lifecycle, signals, nio, tls, mustache, logging, crypto, tracing,
      ],
      resources: [.embedInCode("Resources")]),
    .executableTarget(
      name: "NeedletailCommand",
      dependencies: [
        "Needletail", "NeedletailServer", "NeedletailEvaluation", "NeedletailReproduction", "NeedletailTraining", "NeedletailNumerics", arguments, configuration,
        // What the umbrella exports is named too: an incremental build follows only declared arrows, and a caller that is
        // not compiled again after a type changed its layout crashes.
        "NeedletailCore", "NeedletailIndex", "NeedletailModels", "NeedletailPoints", "NeedletailRetrieval", "NeedletailStore",
        "NeedletailText",
      ],
      swiftSettings: strict),

    // a process for the crash tests of the store to kill
    .executableTarget(
      name: "NeedletailCrashWriter", dependencies: ["NeedletailStore", "NeedletailCore", "NeedletailNumerics"], path: "Tests/NeedletailCrashWriter",
      swiftSettings: strict),

    // tests, one target per room
    tests("NeedletailNumericsTests", ["NeedletailNumerics", "CNeedletailKernels"], resources: [.copy("Fixtures")]),
    tests("NeedletailTextTests", ["NeedletailText"], resources: [.copy("Fixtures")]),
    tests("NeedletailModelsTests", ["NeedletailModels", "NeedletailCore", "NeedletailNumerics", "NeedletailText"], resources: [.copy("Fixtures")]),
    tests("NeedletailIndexTests", ["NeedletailIndex", "NeedletailCore", "NeedletailNumerics"]),
    tests(
      "NeedletailStoreTests",
      ["NeedletailStore", "NeedletailCore", "NeedletailIndex", "NeedletailNumerics", "NeedletailText", "NeedletailCrashWriter", grdb]),
    tests(
      "NeedletailPointsTests", ["NeedletailPoints", "NeedletailCore", "NeedletailNumerics", "NeedletailStore"], resources: [.copy("Fixtures")]),
    tests(
      "NeedletailRetrievalTests", ["NeedletailRetrieval", "NeedletailCore", "NeedletailIndex", "NeedletailStore", "NeedletailText"],
      resources: [.copy("Fixtures")]),
    tests(
      "NeedletailEvaluationTests", ["NeedletailEvaluation", "NeedletailCore", "NeedletailIndex", "NeedletailNumerics"],
      resources: [.copy("Fixtures")]),
    tests(
      "NeedletailTrainingTests",
      ["NeedletailTraining", "NeedletailCore", "NeedletailText", "NeedletailNumerics", "NeedletailModels", "NeedletailIndex", "NeedletailEvaluation"],
      resources: [.copy("Fixtures")]),
    tests(
      "NeedletailServerTests",
      [
        "NeedletailServer", "NeedletailCore", "NeedletailPoints", "NeedletailRetrieval", "NeedletailStore",
        hummingbird, httpTypes, nio, logging, crypto,
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
      ]),
    // Retrieval is named too, as above: an initializer with one parameter more has to compile its caller again.
    tests("NeedletailTests", ["Needletail", "NeedletailRetrieval"]),
    tests(
      "NeedletailReproductionTests",
      ["NeedletailReproduction", "NeedletailEvaluation", "NeedletailModels", "NeedletailNumerics", "NeedletailTraining"]),
    tests("NeedletailCommandTests", ["NeedletailCommand"]),
  ]
)
