"""An MCP server with the official Python SDK. Arguments: issuer, keys URL, audience, port. Prints its URL when it listens."""

import sys

import jwt
import uvicorn
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

from mcp.server import MCPServer

issuer, keys, audience, port = sys.argv[1:]
client = jwt.PyJWKClient(keys)


class Verifier(TokenVerifier):
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = client.get_signing_key_from_jwt(token)
            claims = jwt.decode(token, key.key, algorithms=["RS256"], audience=audience)
        except jwt.PyJWTError:
            return None
        scopes = str(claims.get("scope", "")).split()
        return AccessToken(token=token, client_id=str(claims.get("client_id", "")), scopes=scopes, expires_at=claims["exp"])


auth = AuthSettings(
    issuer_url=AnyHttpUrl(issuer),
    resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{port}/mcp"),
    required_scopes=["todo:read"],
    # The verifier looks at the audience itself, as with Scalekit: it is the resource id, not the URL.
    validate_token_resource=False,
)
mcp = MCPServer("todo", token_verifier=Verifier(), auth=auth)


@mcp.tool()
def list_todos() -> str:
    """Lists what is to do."""
    return "nothing"


class Telling(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"http://127.0.0.1:{port}/mcp", flush=True)


app = mcp.streamable_http_app(stateless_http=True)
Telling(uvicorn.Config(app, host="127.0.0.1", port=int(port), log_level="warning")).run()
