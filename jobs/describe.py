def describe(context): return {}
