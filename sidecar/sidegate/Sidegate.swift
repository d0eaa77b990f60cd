@main struct Sidegate { static func main() {} }
