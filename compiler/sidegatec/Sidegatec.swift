@main struct Sidegatec { static func main() {} }
