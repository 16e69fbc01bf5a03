'use strict';

const at = (selector) => document.querySelector(selector);
let after = ''; // the list begins behind this connection
let last = ''; // of the list
let timer;

const ask = async (query) => {
  const response = await fetch('?' + new URLSearchParams(query), {cache: 'no-store'});
  if (!response.ok) throw Object.assign(new Error((await response.text()).trim()), {status: response.status});
  return response;
};

const time = (s) => {
  if (s === undefined) return '';
  if (s === 0) return '0';
  if (s < 0.001) return (s * 1e6).toFixed(0) + ' µs';
  if (s < 1) return (s * 1e3).toFixed(s < 0.01 ? 1 : 0) + ' ms';
  if (s < 100) return s.toFixed(1) + ' s';
  if (s < 6000) return Math.round(s / 60) + ' min';
  return s < 200000 ? (s / 3600).toFixed(1) + ' h' : Math.round(s / 86400) + ' d';
};

const bytes = (n) => {
  for (const [size, name] of [[1e9, 'GB'], [1e6, 'MB'], [1e4, 'kB']]) {
    if (n >= size) return (n / (name === 'kB' ? 1e3 : size)).toFixed(1) + ' ' + name;
  }
  return n + ' B';
};

const through = (messages, size) => messages === undefined ? '' : messages.toLocaleString('en') + ' / ' + bytes(size);

const waitsFor = (w) => w ? (w.socket ? 'the socket' : w.stage) + ', ' + time(w.for) : '';

// row puts texts into the cells of a row; those that have not changed are left alone.
const row = (tr, cells) => {
  cells.forEach(({text, warn}, i) => {
    const td = tr.cells[i] ?? tr.insertCell();
    if (td.textContent !== text) td.textContent = td.title = text;
    td.className = (text.length > 30 ? 'long' : '') + (warn ? ' warn' : '');
  });
};

const fill = (body, count) => {
  while (body.rows.length > count) body.deleteRow(-1);
  while (body.rows.length < count) body.insertRow();
};

const chosen = () => decodeURIComponent(location.hash.slice(1));

const showList = (list) => {
  const from = list.before + 1, to = list.before + list.connections.length;
  const some = list.connections.length < list.total && to >= from ? `, of which ${from} to ${to}` : '';
  at('#total').textContent = `${list.total} ${list.total === 1 ? 'connection' : 'connections'}${some}`;
  last = list.connections.at(-1)?.id ?? '';
  at('#first').disabled = after === '';
  at('#next').disabled = to >= list.total;
  const body = at('#connections tbody');
  fill(body, list.connections.length);
  list.connections.forEach((c, i) => {
    const tr = body.rows[i];
    tr.dataset.id = c.id;
    tr.setAttribute('aria-selected', c.id === chosen());
    const link = tr.cells[0]?.firstChild ?? tr.insertCell().appendChild(document.createElement('button'));
    link.className = 'link';
    if (link.textContent !== c.id) link.textContent = c.id;
    link.onclick = () => { location.hash = c.id; };
    const texts = [c.remote, c.path ?? '', time(c.age), c.subprotocol ?? '', (c.extensions ?? []).join(', '),
      through(c.messagesIn ?? c.traffic.messagesIn, c.bytesIn ?? c.traffic.bytesIn),
      through(c.messagesOut ?? c.traffic.messagesOut, c.bytesOut ?? c.traffic.bytesOut), time(c.roundTrip), time(c.writing),
      c.closing ? 'its end: ' + c.closing : waitsFor(c.waitsFor)];
    row({cells: [...tr.cells].slice(1), insertCell: () => tr.insertCell()}, texts.map((text, i) => ({text, warn: i === 9 && c.waitsFor})));
  });
};

const showOne = async (id) => {
  const one = at('#one');
  if (!id) { one.hidden = true; return; }
  let c;
  let svg;
  try {
    c = await (await ask({format: 'json', connection: id})).json();
    if (c.stages) svg = await (await ask({format: 'svg', connection: id})).text();
  } catch (error) {
    if (error.status !== 404) throw error;
    at('#waits').textContent = 'The connection has ended.';
    at('#one-title').textContent = 'Connection ' + id;
    one.hidden = false;
    return;
  }
  if (id !== chosen()) return;
  at('#one-title').textContent = `Connection ${id}, ${c.remote}, conn ${c.conn} in logs`;
  at('#waits').textContent = !c.stages ? 'There are no figures of it: its settings have no Statistics, or it has no handler yet.' :
    c.waitsFor ? 'Waits for ' + waitsFor(c.waitsFor) : 'Nothing waits.';
  at('#waits').classList.toggle('warn', Boolean(c.waitsFor));
  if (svg) {
    const picture = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    at('#graph').replaceChildren(document.importNode(picture, true));
  } else {
    at('#graph').replaceChildren();
  }
  const stages = c.stages ?? [];
  const body = at('#stages tbody');
  fill(body, stages.length);
  stages.forEach((s, i) => {
    row(body.rows[i], [s.name, (s.inputs ?? []).map((n) => stages[n].name).join(', '), s.values.toLocaleString('en'), time(s.own), time(s.inEmit),
      time(s.lived), `${s.running} of ${s.started}`, s.blocked >= 0.1 ? time(s.blocked) : '', s.failed ? `${s.failed}, ${s.error}` : '',
    ].map((text, i) => ({text, warn: i >= 7})));
  });
  one.hidden = false;
};

const update = async () => {
  clearTimeout(timer);
  try {
    if (!document.hidden) {
      showList(await (await ask({format: 'json', after})).json());
      await showOne(chosen());
      at('#state').textContent = '';
    }
  } catch (error) {
    at('#state').textContent = '· no answer: ' + error.message;
  }
  clearTimeout(timer);
  if (at('#live').checked) timer = setTimeout(update, 1000);
};

at('#live').addEventListener('change', update);
at('#first').addEventListener('click', () => { after = ''; update(); });
at('#next').addEventListener('click', () => { after = last; update(); });
addEventListener('hashchange', update);
document.addEventListener('visibilitychange', update);
update();
