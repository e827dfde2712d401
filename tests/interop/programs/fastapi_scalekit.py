"""An MCP server in the manner of Scalekit's FastAPI sample: FastMCP inside FastAPI, guarded by scalekit-sdk-python.

Arguments: environment, resource id, port. Prints its URL when it listens.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastmcp import FastMCP
from scalekit import ScalekitClient
from scalekit.common.scalekit import TokenValidationOptions

environment, resource_id, port = sys.argv[1:]
url = f"http://127.0.0.1:{port}/"
scalekit = ScalekitClient(environment, "skc_1001", "practice")
challenge = {"WWW-Authenticate": f'Bearer realm="OAuth", resource_metadata="{url}.well-known/oauth-protected-resource"'}

mcp = FastMCP("todo")


@mcp.tool
def list_todos() -> str:
    """Lists what is to do."""
    return "nothing"


inner = mcp.http_app(path="/", stateless_http=True)
app = FastAPI(lifespan=inner.lifespan)


@app.middleware("http")
async def guard(request: Request, call_next):
    if request.url.path.startswith("/.well-known/"):
        return await call_next(request)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return JSONResponse({"error": "Missing Bearer token"}, 401, challenge)
    # It answers with a boolean; it does not raise.
    issuers = [environment, f"{environment}/resources/{resource_id}"]
    options = TokenValidationOptions(issuer=issuers, audience=[resource_id])
    if not scalekit.validate_access_token(token.strip(), options=options):
        return JSONResponse({"error": "Token validation failed"}, 401, challenge)
    return await call_next(request)


@app.get("/.well-known/oauth-protected-resource")
async def metadata() -> dict:
    return {
        "resource": url,
        "authorization_servers": [f"{environment}/resources/{resource_id}"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["todo:read"],
    }


app.mount("/", inner)


class Telling(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(url, flush=True)


Telling(uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="warning")).run()
