// ProviderData
