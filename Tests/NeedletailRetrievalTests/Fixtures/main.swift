// Says hello.
func hello() {
  print("hello")
}
