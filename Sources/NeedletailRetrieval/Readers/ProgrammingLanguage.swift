/// Names of programming, markup and configuration languages by file name.
enum ProgrammingLanguage {
  /// The language of a file with this name, nil if the name does not tell.
  static func named(fileName: String, fileExtension: String) -> String? {
    if let language = byFileName[fileName.lowercased()] { return language }
    return byExtension[fileExtension]
  }

  /// The language of the interpreter named in a `#!` line.
  static func ofShebang(in head: [UInt8]) -> String? {
    guard head.starts(with: "#!".utf8) else { return nil }
    let line = String(decoding: head.dropFirst(2).prefix(256).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    var words = line.split(whereSeparator: \.isWhitespace).map { $0.split(separator: "/").last.map(String.init) ?? "" }
    if words.first == "env" { words = Array(words.dropFirst().drop { $0.hasPrefix("-") || $0.contains("=") }) }
    guard let interpreter = words.first else { return nil }
    let name = interpreter.prefix { !$0.isNumber && $0 != "." }
    return byInterpreter[String(name)]
  }

  private static let byInterpreter = [
    "sh": "shell", "bash": "shell", "zsh": "shell", "dash": "shell", "ksh": "shell", "fish": "fish", "python": "python", "pypy": "python",
    "perl": "perl", "ruby": "ruby", "node": "javascript", "deno": "typescript", "bun": "typescript", "php": "php", "lua": "lua",
    "luajit": "lua", "awk": "awk", "gawk": "awk", "swift": "swift", "Rscript": "r", "julia": "julia", "tclsh": "tcl", "make": "make",
    "guile": "scheme", "runghc": "haskell", "groovy": "groovy", "osascript": "applescript", "pwsh": "powershell",
  ]

  private static let byFileName = [
    "makefile": "make", "gnumakefile": "make", "dockerfile": "dockerfile", "containerfile": "dockerfile", "cmakelists.txt": "cmake",
    "rakefile": "ruby", "gemfile": "ruby", "podfile": "ruby", "vagrantfile": "ruby", "jenkinsfile": "groovy", "build": "starlark",
    "workspace": "starlark", "meson.build": "meson", "go.mod": "go", "justfile": "make",
  ]

  /// One line for each language: its name, then its extensions.
  private static let byExtension: [String: String] = {
    var languages: [String: String] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      for fileExtension in words.dropFirst() { languages[fileExtension] = words[0] }
    }
    return languages
  }()

  private static let table = """
    ada adb ads
    agda agda
    assembly asm s
    awk awk
    batch bat cmd
    c c h
    clojure clj cljs cljc edn
    cmake cmake
    cobol cob cbl
    coq v
    cpp cc cpp cxx c++ hh hpp hxx ipp inl cu cuh
    crystal cr
    csharp cs csx
    css css
    d d
    dart dart
    diff diff patch
    elixir ex exs
    elm elm
    erlang erl hrl
    fish fish
    fortran f for f77 f90 f95 f03
    fsharp fs fsi fsx
    gdscript gd
    glsl glsl vert frag comp
    go go
    gradle gradle
    graphql graphql gql
    groovy groovy
    haskell hs lhs
    hcl hcl tf tfvars
    ini ini cfg conf properties
    java java
    javascript js mjs cjs jsx
    json json json5 jsonc webmanifest
    julia jl
    jupyter ipynb
    kotlin kt kts
    latex tex bib sty cls
    lean lean
    less less
    lisp lisp lsp cl el
    lua lua
    make mk mak
    metal metal
    nim nim
    nix nix
    objective-c m mm
    ocaml ml mli
    pascal pas pp
    perl pl pm
    php php
    powershell ps1 psm1
    prolog pro
    protobuf proto
    python py pyi pyx
    r r
    racket rkt
    ruby rb
    rust rs
    sass sass scss
    scala scala sc
    scheme scm ss
    shell sh bash zsh ksh
    solidity sol
    sql sql
    starlark bzl star
    svelte svelte
    swift swift
    tcl tcl
    thrift thrift
    toml toml
    typescript ts tsx mts cts
    vb vb vbs
    verilog sv vh
    vhdl vhd vhdl
    vim vim
    vue vue
    wgsl wgsl
    xml xml xsd xsl xslt svg plist xaml
    yaml yaml yml
    zig zig
    """
}
