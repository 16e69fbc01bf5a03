// A foreign peer for the end-to-end tests: ws of Node, driven over standard input.
//
// Every line of standard input is a request in JSON, with a number "n" and an operation "op"; every line of standard
// output answers the request of that number. Requests are worked on at once, so that one that waits does not keep
// others from going on. The peer ends with its standard input.

import { readFileSync } from 'node:fs';
import { createServer as createHTTP } from 'node:http';
import { createServer as createHTTPS } from 'node:https';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

// A Queue hands what is put into it to those who wait for it, in order.
class Queue {
  #values = [];
  #waiting = [];

  put(value) {
    const next = this.#waiting.shift();
    if (next) next(value);
    else this.#values.push(value);
  }

  get() {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

// A Connection is one connection, of either role.
class Connection {
  constructor(ws, echo, fragments) {
    this.ws = ws;
    this.messages = new Queue();
    this.frames = new Queue();
    this.pongs = new Queue();
    this.inMessage = false;
    this.ended = new Promise((resolve) => {
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    ws.on('error', () => {}); // the close tells
    ws.on('pong', (data) => this.pongs.put(data.toString()));
    ws.on('message', (data, isBinary) => {
      if (echo) this.parts(fragments ? pieces(data, fragments) : [data], isBinary);
      else if (isBinary) this.messages.put({ kind: 'binary', data: data.toString('base64') });
      else this.messages.put({ kind: 'text', text: data.toString() });
    });
    this.ended.then((ending) => this.messages.put({ kind: 'closed', ...ending }));
    this.see(ws._receiver);
  }

  // see keeps every frame that arrives, for those who want to see how a message was sent.
  see(receiver) {
    const dataMessage = receiver.dataMessage;
    let seen = 0;
    receiver.dataMessage = (callback) => {
      const parts = receiver._fragments.slice(seen);
      this.frames.put({ text: Buffer.concat(parts).toString(), fin: receiver._fin });
      seen = receiver._fin ? 0 : receiver._fragments.length;
      dataMessage.call(receiver, callback);
    };
  }

  async parts(parts, binary) {
    await Promise.all(parts.map((part, i) => this.write(part, { binary, fin: i === parts.length - 1 })));
  }

  write(data, options) {
    return new Promise((resolve, reject) => {
      this.ws.send(data, options, (error) => (error ? reject(error) : resolve()));
    });
  }

  async send({ kind, text = '', data = '' }) {
    const binary = kind === 'binary';
    await this.write(binary ? Buffer.from(data, 'base64') : text, { binary });
  }

  async send_parts({ kind, parts }) {
    await this.parts(parts, kind === 'binary');
  }

  async fragment({ text = '', fin = false }) {
    await this.write(text, { binary: false, fin });
  }

  async raw({ data }) {
    this.ws._socket.write(Buffer.from(data, 'base64'));
  }

  receive() {
    return this.messages.get();
  }

  frame() {
    return this.frames.get();
  }

  async ping({ text = '' }) {
    this.ws.ping(text);
    const pong = await Promise.race([this.pongs.get(), this.ended]);
    if (pong !== text) throw new Error(`the answer to ping ${text} is ${JSON.stringify(pong)}`);
  }

  async close({ code, reason = '' }) {
    if (code) this.ws.close(code, reason);
    else this.ws.close();
  }

  async leave({ code, reason = '' }) {
    this.ws.close(code, reason);
  }

  async cut() {
    this.ws.terminate();
  }
}

function pieces(data, count) {
  const size = Math.max(1, Math.ceil(data.length / count));
  const parts = [];
  for (let at = 0; at === 0 || at < data.length; at += size) parts.push(data.subarray(at, at + size));
  return parts;
}

// compression returns the library's options for what is asked for, otherwise its default.
function compression(deflate, otherwise) {
  if (!deflate) return otherwise;
  return {
    threshold: 0,
    serverNoContextTakeover: deflate.no_context_takeover,
    clientNoContextTakeover: deflate.no_context_takeover,
    serverMaxWindowBits: deflate.server_bits,
    clientMaxWindowBits: deflate.client_bits,
  };
}

const connections = [];
const accepted = []; // of every server, the queue of its connections

function add(...connection) {
  connections.push(new Connection(...connection));
  return connections.length - 1;
}

const operations = {
  connect({ url, origin, protocols = [], deflate, version: protocolVersion = 13 }) {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(url, protocols, {
        origin, protocolVersion, rejectUnauthorized: false, maxPayload: 0, perMessageDeflate: compression(deflate, true),
      });
      ws.on('open', () => resolve({ conn: add(ws), status: 101, protocol: ws.protocol }));
      ws.on('unexpected-response', (request, response) => {
        resolve({ status: response.statusCode });
        request.destroy();
      });
      ws.on('error', reject);
    });
  },

  async listen({ cert, key, protocols, echo, fragments, deflate }) {
    const server = cert ? createHTTPS({ cert: readFileSync(cert), key: readFileSync(key) }) : createHTTP();
    const queue = new Queue();
    const handleProtocols = (offered) => protocols?.find((name) => offered.has(name)) ?? false;
    const sockets = new WebSocketServer({
      server, handleProtocols, maxPayload: 0, perMessageDeflate: compression(deflate, false),
    });
    sockets.on('connection', (ws) => queue.put(add(ws, echo, fragments)));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    accepted.push(queue);
    const url = `${cert ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}/`;
    return { server: accepted.length - 1, url };
  },

  async accept({ server }) {
    return { conn: await accepted[server].get() };
  },
};

async function answer(line) {
  const request = JSON.parse(line);
  let reply;
  try {
    const operation = operations[request.op];
    reply = operation ? await operation(request) : await connections[request.conn][request.op](request);
  } catch (error) {
    reply = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify({ n: request.n, ...reply })}\n`);
}

createInterface({ input: process.stdin }).on('line', answer).on('close', () => process.exit(0));
