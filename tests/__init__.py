"""All tests, by tier: unit, integration, e2e, browser, quality; bench measures speed.

Each tier uses the nouns of `service/domain` for its folders. Shared fakes and servers: `support`.
"""
