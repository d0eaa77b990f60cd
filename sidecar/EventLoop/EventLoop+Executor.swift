extension EventLoop: SerialExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        accept(UnownedJob(job))
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isOnLoop, "this must run on its event loop: await it on the worker's actor")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isOnLoop
    }
}
