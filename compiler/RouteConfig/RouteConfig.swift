// RouteConfig
