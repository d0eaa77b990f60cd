// RouteConfigTests
