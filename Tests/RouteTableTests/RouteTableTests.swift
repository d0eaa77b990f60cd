// RouteTableTests
