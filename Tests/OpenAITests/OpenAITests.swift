// OpenAITests
