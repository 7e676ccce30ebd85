"""MCP server: tools for agents over the HTTP API; needs the extra `mcp`.

It uses samestory_client only. Starting the process belongs to service/commands/mcp.py.
"""
