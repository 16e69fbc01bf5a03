// A foreign peer for the end-to-end tests: websocket-driver of npm, which faye and others are made of, driven over standard
// input as peer.js is. It speaks version 13 here; for the drafts see oracle.js.

import { readFileSync } from 'node:fs';
import { createServer as createTCP, connect as connectTCP } from 'node:net';
import { createServer as createTLS, connect as connectTLS } from 'node:tls';
import { createInterface } from 'node:readline';
import deflate from 'permessage-deflate';
import driver from 'websocket-driver';

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
  constructor(socket, driver, echo) {
    this.socket = socket;
    this.driver = driver;
    this.messages = new Queue();
    let ending = { code: 1006, reason: '' };
    driver.on('message', ({ data }) => {
      const binary = typeof data !== 'string';
      if (echo) this.say(data, binary);
      else if (binary) this.messages.put({ kind: 'binary', data: Buffer.from(data).toString('base64') });
      else this.messages.put({ kind: 'text', text: data });
    });
    driver.on('close', ({ code, reason }) => {
      ending = { code, reason };
      socket.end();
    });
    driver.on('error', () => {}); // the close tells
    this.ended = new Promise((resolve) => socket.on('close', () => resolve(ending)));
    this.ended.then((ending) => this.messages.put({ kind: 'closed', ...ending }));
  }

  say(data, binary) {
    if (!(binary ? this.driver.binary(data) : this.driver.text(data))) throw new Error('the driver does not send');
  }

  async send({ kind, text = '', data = '' }) {
    this.say(kind === 'binary' ? Buffer.from(data, 'base64') : text, kind === 'binary');
  }

  async raw({ data }) {
    this.socket.write(Buffer.from(data, 'base64'));
  }

  receive() {
    return this.messages.get();
  }

  async ping({ text = '' }) {
    const pong = new Promise((resolve) => this.driver.ping(text, () => resolve(true)));
    if ((await Promise.race([pong, this.ended])) !== true) throw new Error(`no answer to ping ${text}`);
  }

  async close({ code, reason = '' }) {
    this.driver.close(reason, code || undefined);
  }

  async cut() {
    this.socket.destroy();
  }
}

const connections = [];
const accepted = []; // of every server, the queue of its connections

// add ties a driver to its socket.
function add(socket, driver, echo) {
  connections.push(new Connection(socket, driver, echo));
  socket.on('error', () => {}); // the close tells
  socket.pipe(driver.io).pipe(socket);
  return connections.length - 1;
}

const operations = {
  connect({ url, origin, protocols = [], deflate: compress }) {
    return new Promise((resolve, reject) => {
      const { protocol, hostname, port } = new URL(url);
      const client = driver.client(url, { protocols });
      if (origin) client.setHeader('Origin', origin);
      if (compress) client.addExtension(deflate);
      const secure = protocol === 'wss:';
      const socket = secure ? connectTLS({ host: hostname, port, rejectUnauthorized: false }) : connectTCP({ host: hostname, port });
      const conn = add(socket, client);
      socket.on('error', reject);
      socket.on(secure ? 'secureConnect' : 'connect', () => client.start());
      client.on('open', () => resolve({ conn, status: client.statusCode, protocol: client.protocol || '' }));
      client.on('close', () => resolve({ status: client.statusCode }));
    });
  },

  async listen({ cert, key, protocols = [], echo, deflate: compress }) {
    const queue = new Queue();
    const accept = (socket) => {
      const server = driver.server({ protocols, maxLength: 1 << 26 });
      if (compress) server.addExtension(deflate);
      const conn = add(socket, server, echo);
      server.on('connect', () => {
        if (driver.isWebSocket(server)) server.start();
        else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      });
      server.on('open', () => queue.put(conn));
    };
    const listener = cert ? createTLS({ cert: readFileSync(cert), key: readFileSync(key) }, accept) : createTCP(accept);
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    accepted.push(queue);
    return { server: accepted.length - 1, url: `${cert ? 'wss' : 'ws'}://127.0.0.1:${listener.address().port}/` };
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
