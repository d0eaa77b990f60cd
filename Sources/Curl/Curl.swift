internal import CCurl
package enum CurlStartup { package static func run() { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) } }
