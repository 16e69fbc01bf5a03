"""A foreign peer for the end-to-end tests: Python's websockets, driven over standard input.

Every line of standard input is a request in JSON, with a number "n" and an operation "op"; every line of standard output
answers the request of that number. Requests are worked on at once, so that one that waits does not keep others from
going on. The peer ends with its standard input.
"""

import asyncio
import base64
import json
import ssl
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.exceptions import ConnectionClosed, InvalidStatusCode
from websockets.frames import Close
from websockets.legacy.client import WebSocketClientProtocol, connect
from websockets.legacy.server import WebSocketServerProtocol, serve


class Seen:
    """Keeps every frame that arrives, for those who want to see how a message was sent."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.frames = asyncio.Queue()

    async def read_frame(self, max_size):
        frame = await super().read_frame(max_size)
        if frame.opcode < 8:
            self.frames.put_nowait(frame)
        return frame


class Client(Seen, WebSocketClientProtocol):
    pass


class Server(Seen, WebSocketServerProtocol):
    pass


class Connection:
    """One connection, of either role."""

    def __init__(self, ws):
        self.ws = ws
        self.parts = None  # of the message that is being sent in fragments
        self.sending = None

    async def send(self, request):
        await self.ws.send(content(request))

    async def send_parts(self, request):
        parts = request["parts"]
        if request["kind"] == "binary":
            parts = [part.encode() for part in parts]
        await self.ws.send(parts)

    async def fragment(self, request):
        if self.parts is None:
            self.parts = asyncio.Queue()
            self.sending = asyncio.create_task(self.ws.send(self.queued(self.parts)))
        self.parts.put_nowait(request.get("text", ""))
        if request.get("fin"):
            self.parts.put_nowait(None)
            await self.sending
            self.parts = None

    @staticmethod
    async def queued(parts):
        while (part := await parts.get()) is not None:
            yield part

    async def raw(self, request):
        self.ws.transport.write(base64.b64decode(request["data"]))

    async def receive(self, request):
        try:
            message = await self.ws.recv()
        except ConnectionClosed:
            return {"kind": "closed", **self.ending()}
        if isinstance(message, str):
            return {"kind": "text", "text": message}
        return {"kind": "binary", "data": base64.b64encode(message).decode()}

    async def frame(self, request):
        frame = await self.ws.frames.get()
        return {"text": frame.data.decode(errors="replace"), "fin": frame.fin}

    async def ping(self, request):
        pong = await self.ws.ping(request.get("text", ""))
        await pong

    async def close(self, request):
        code = request.get("code", 0)
        # A close frame without a code is what the library writes only as an echo.
        frame = [Close(code, request.get("reason", ""))] if code else [Close(1005, ""), b""]
        await self.ws.write_close_frame(*frame)

    async def leave(self, request):
        await self.ws.close(request["code"], request.get("reason", ""))

    def ending(self):
        if self.sending is not None:
            self.sending.cancel()
        return {"code": self.ws.close_code, "reason": self.ws.close_reason or ""}

    async def cut(self, request):
        self.ws.transport.abort()

    async def echo(self, parts):
        try:
            async for message in self.ws:
                await self.ws.send(pieces(message, parts) if parts else message)
        except ConnectionClosed:
            pass


def content(request):
    if request["kind"] == "text":
        return request.get("text", "")
    return base64.b64decode(request.get("data", ""))


def pieces(message, count):
    size = max(1, -(-len(message) // count))
    return [message[i : i + size] for i in range(0, max(1, len(message)), size)]


def compression(request, factory):
    """The library's arguments for what is asked for, otherwise its default."""
    deflate = request.get("deflate")
    if deflate is None:
        return {}
    takeover = deflate.get("no_context_takeover", False)
    bits = {"client_max_window_bits": deflate["client_bits"]} if "client_bits" in deflate else {}
    extension = factory(
        server_no_context_takeover=takeover, client_no_context_takeover=takeover, server_max_window_bits=deflate.get("server_bits"), **bits
    )
    return {"compression": None, "extensions": [extension]}


class Peer:
    """The connections and servers of this process, by number."""

    def __init__(self):
        self.connections = []
        self.accepted = []  # of every server, the queue of its connections

    def add(self, ws):
        self.connections.append(Connection(ws))
        return len(self.connections) - 1

    async def connect(self, request):
        trust = None
        if request["url"].startswith("wss:"):
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        try:
            ws = await connect(
                request["url"], ssl=trust, create_protocol=Client, ping_interval=None, max_size=None, max_queue=None,
                origin=request.get("origin"), subprotocols=request.get("protocols"), **compression(request, ClientPerMessageDeflateFactory),
            )
        except InvalidStatusCode as refused:
            return {"status": refused.status_code}
        return {"conn": self.add(ws), "status": 101, "protocol": ws.subprotocol or ""}

    async def listen(self, request):
        identity = None
        if "cert" in request:
            identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            identity.load_cert_chain(request["cert"], request["key"])
        accepted = asyncio.Queue()

        async def handle(ws):
            number = self.add(ws)
            accepted.put_nowait(number)
            if request.get("echo"):
                await self.connections[number].echo(request.get("fragments", 0))
            await ws.wait_closed()

        server = await serve(
            handle, "127.0.0.1", 0, ssl=identity, create_protocol=Server, ping_interval=None, max_size=None, max_queue=None,
            subprotocols=request.get("protocols"), **compression(request, ServerPerMessageDeflateFactory),
        )
        self.accepted.append(accepted)
        port = server.sockets[0].getsockname()[1]
        scheme = "wss" if identity else "ws"
        return {"server": len(self.accepted) - 1, "url": f"{scheme}://127.0.0.1:{port}/"}

    async def accept(self, request):
        return {"conn": await self.accepted[request["server"]].get()}

    async def work(self, request):
        op = request["op"]
        if op in ("connect", "listen", "accept"):
            return await getattr(self, op)(request)
        return await getattr(self.connections[request["conn"]], op)(request)

    async def answer(self, line):
        request = json.loads(line)
        try:
            reply = await self.work(request) or {}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"n": request["n"], **reply}), flush=True)


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    working = set()
    while line := await lines.readline():
        task = asyncio.create_task(peer.answer(line))
        working.add(task)
        task.add_done_callback(working.discard)


asyncio.run(main())
