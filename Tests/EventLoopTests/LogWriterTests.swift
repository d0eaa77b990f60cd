import EventLoop
import Glibc
import POSIX
import Synchronization
import Testing

@Suite("The writer of the log")
struct LogWriterTests {
    private struct Pipe {
        let reader: CInt
        let writer: CInt

        init() throws {
            signal(SIGPIPE, SIG_IGN)
            var ends: [CInt] = [0, 0]
            try #require(pipe(&ends) == 0)
            reader = ends[0]
            writer = ends[1]
        }
    }

    @Test("writes lines in their order")
    func order() throws {
        let pipe = try Pipe()
        let log = try LogWriter(descriptor: pipe.writer)
        var expected = ""
        for number in 0..<100 {
            expected += "line \(number)\n"
            log.write(Array("line \(number)\n".utf8))
        }
        log.drain(milliseconds: 5000)
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = read(pipe.reader, &buffer, buffer.count)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == expected)
        #expect(log.droppedLines == 0)
        close(pipe.reader)
    }

    @Test("never waits for a reader that takes nothing, and counts what it drops")
    func slowReader() throws {
        let pipe = try Pipe()
        let log = try LogWriter(descriptor: pipe.writer)
        let line = [UInt8](repeating: 0x61, count: (1 << 20) - 1) + [0x0A]
        let start = Instant.now()
        for _ in 0..<40 { log.write(line) }
        // 40 MB into a pipe of 64 KB; one that waited would wait for ever.
        #expect(Instant.now().since(start) < 30_000_000_000)
        let dropped = log.droppedLines
        #expect(dropped >= 40 - 8 - 9)
        #expect(dropped < 40)
        log.drain(milliseconds: 20)
        #expect(Instant.now().since(start) < 30_000_000_000)
        close(pipe.reader)
    }

    @Test("counts what a closed reader does not take, and goes on")
    func closedReader() throws {
        let pipe = try Pipe()
        close(pipe.reader)
        let told = Atomic(0)
        let log = try LogWriter(descriptor: pipe.writer) { error in
            if error.code == EPIPE { told.add(1, ordering: .relaxed) }
        }
        for number in 1...3 {
            log.write(Array("a\nb\n".utf8))
            log.drain(milliseconds: 5000)
            #expect(log.droppedLines == number * 2)
        }
        #expect(told.load(ordering: .relaxed) == 1, "once, not for each line")
    }
}
