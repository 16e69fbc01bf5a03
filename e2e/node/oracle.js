// An oracle for the tests of old drafts: the server of websocket-driver of npm, with its drafts allowed.
//
// Every line of standard input is a session in JSON: the chunks that a client sends, in base64. Every line of standard
// output tells what the server made of it: all that it has written, in base64, and its events. It echoes texts. "early" are
// texts that it sends before it has heard anything, "stop" is the text after which it closes.

import { createInterface } from 'node:readline';
import driver from 'websocket-driver';

function run({ chunks, early = [], stop }) {
  const written = [];
  const events = [];
  const server = driver.server({ allowDrafts: true });
  server.io.on('data', (bytes) => written.push(Buffer.from(bytes)));
  server.on('connect', () => {
    server.start();
    for (const text of early) server.text(text);
  });
  server.on('open', () => events.push('open'));
  server.on('message', ({ data }) => {
    events.push(`text ${data}`);
    server.text(data);
    if (data === stop) server.close();
  });
  server.on('close', () => events.push('close'));
  server.on('error', () => events.push('error'));
  for (const chunk of chunks) server.parse(Buffer.from(chunk, 'base64'));
  return { written: Buffer.concat(written).toString('base64'), events };
}

createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line)))}\n`);
});
