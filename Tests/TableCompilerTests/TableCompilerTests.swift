// TableCompilerTests
