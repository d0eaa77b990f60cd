internal import CCurl

extension CurlEasy {
    /// Points libcurl's callbacks at this object, which outlives its handle.
    func setCallbacks() {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe setConnectionCallbacks(context)
        unsafe set(CURLOPT_WRITEDATA, pointer: context)
        unsafe sg_curl_set_data_function(handle, CURLOPT_WRITEFUNCTION) {
            (
                bytes: UnsafeMutablePointer<CChar>?,
                size: Int,
                count: Int,
                context: UnsafeMutableRawPointer?
            ) -> Int in
            guard let easy = unsafe CurlEasy.from(context) else { return 0 }
            return unsafe easy.receive(bytes, size * count, isHeader: false)
        }
        unsafe set(CURLOPT_HEADERDATA, pointer: context)
        unsafe sg_curl_set_data_function(handle, CURLOPT_HEADERFUNCTION) {
            (
                bytes: UnsafeMutablePointer<CChar>?,
                size: Int,
                count: Int,
                context: UnsafeMutableRawPointer?
            ) -> Int in
            guard let easy = unsafe CurlEasy.from(context) else { return 0 }
            return unsafe easy.receive(bytes, size * count, isHeader: true)
        }
        unsafe set(CURLOPT_READDATA, pointer: context)
        unsafe sg_curl_set_data_function(handle, CURLOPT_READFUNCTION) {
            (
                bytes: UnsafeMutablePointer<CChar>?,
                size: Int,
                count: Int,
                context: UnsafeMutableRawPointer?
            ) -> Int in
            guard let easy = unsafe CurlEasy.from(context) else { return SG_CURL_READ_ABORT }
            return unsafe easy.fill(bytes, size * count)
        }
        unsafe set(CURLOPT_SEEKDATA, pointer: context)
        unsafe sg_curl_set_seek_function(handle) {
            (context: UnsafeMutableRawPointer?, offset: Int, origin: CInt) -> CInt in
            guard origin == SG_CURL_SEEK_SET, let easy = unsafe CurlEasy.from(context) else {
                return 1
            }
            easy.seek(to: offset)
            return 0
        }
    }

    /// Those that tell of connections, not of what goes over them.
    private func setConnectionCallbacks(_ context: UnsafeMutableRawPointer) {
        unsafe set(CURLOPT_PREREQDATA, pointer: context)
        unsafe sg_curl_set_request_function(handle) {
            (context: UnsafeMutableRawPointer?, _, _, _, ownPort: CInt) -> CInt in
            guard let easy = unsafe CurlEasy.from(context), let receiver = easy.receiver else {
                return SG_CURL_REQUEST_ABORT
            }
            receiver.willSend(onNew: easy.takeConnected(ownPort: ownPort))
            return SG_CURL_REQUEST_OK
        }
        unsafe set(CURLOPT_OPENSOCKETDATA, pointer: context)
        unsafe sg_curl_set_open_function(handle) {
            (
                context: UnsafeMutableRawPointer?,
                _,
                address: UnsafeMutablePointer<curl_sockaddr>?
            ) -> curl_socket_t in
            guard let easy = unsafe CurlEasy.from(context), let address = unsafe address else {
                return -1
            }
            return unsafe easy.open(address)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlEasy? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<CurlEasy>.fromOpaque(context).takeUnretainedValue()
    }
}
