"""An MCP server with FastMCP's ScalekitProvider. Arguments: environment, resource id, port. Prints its URL when it listens."""

import sys

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth.providers.scalekit import ScalekitProvider

environment, resource_id, port = sys.argv[1:]
auth = ScalekitProvider(
    environment_url=environment,
    resource_id=resource_id,
    base_url=f"http://127.0.0.1:{port}",
    required_scopes=["todo:read"],
)
mcp = FastMCP("todo", auth=auth)


@mcp.tool
def list_todos() -> str:
    """Lists what is to do."""
    return "nothing"


class Telling(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"http://127.0.0.1:{port}/mcp", flush=True)


app = mcp.http_app(path="/mcp", stateless_http=True)
Telling(uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="warning")).run()
