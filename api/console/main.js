// The shell: who is signed in, which page the address names, language and theme.

import { Problem, script, session } from './api.js';
import { h, put, svg } from './dom.js';
import { missed } from './live.js';
import { notice } from './notice.js';
import { loading } from './parts.js';
import { forget, recognise } from './who.js';
import { language, setLanguage, t } from './words.js';

const PAGES = [
  { name: 'map', path: /^map$/, load: () => import('./pages/map.js') },
  { name: 'jobs', path: /^jobs$/, load: () => import('./pages/jobs.js') },
  { name: 'submit', path: /^submit$/, load: () => import('./pages/submit.js'), scope: 'submit' },
  { name: 'plan', path: /^plan$/, load: () => import('./pages/plan.js') },
  { name: 'money', path: /^money$/, load: () => import('./pages/money.js') },
  { name: 'whatif', path: /^whatif$/, load: () => import('./pages/whatif.js') },
  { name: 'operate', path: /^operate$/, load: () => import('./pages/operate.js'), scope: 'operate' },
  { name: 'jobs', path: /^jobs\/([^/]+)$/, load: () => import('./pages/job.js'), part: true },
];

const NARROW = 900; // pixels, below which the names of the pages may not fit
const main = document.getElementById('main');
let leaving = new AbortController();
let tryAgain = null; // what failed, while its fault is shown in place of a page

/** The address after #, as a path and a query: #/jobs?state=running. */
function readAddress() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path || 'map', query: new URLSearchParams(query) };
}

function drawShell(current) {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  document.getElementById('skip').textContent = t('shell.skip');
  const nav = document.getElementById('nav');
  nav.setAttribute('aria-label', t('shell.pages'));
  const shown = session.who ? PAGES.filter((page) => !page.part && (!page.scope || session.may(page.scope))) : [];
  put(nav, h('ul', null, shown.map((page) => h('li', null,
    h('a', { href: `#/${page.name}`, 'aria-current': page.name === current ? 'page' : null }, t(`page.${page.name}`))))));
  if (innerWidth < NARROW) nav.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  const other = language() === 'zh' ? 'en' : 'zh';
  put(document.getElementById('tools'),
    h('button', { type: 'button', class: 'quiet', id: 'language', lang: other === 'zh' ? 'zh-CN' : 'en', onclick: () => { setLanguage(other); render(); } }, other === 'zh' ? '中文' : 'English'),
    h('button', { type: 'button', class: 'quiet', id: 'theme', 'aria-label': t('shell.theme'), title: t('shell.theme'), onclick: switchTheme }, moon()),
    session.who && h('span', { class: 'who' }, session.who.tenant),
    session.who && h('button', { type: 'button', class: 'quiet', id: 'sign-out', onclick: signOut }, t('shell.sign_out')));
}

const moon = () => svg('svg', { viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true' }, svg('circle', { cx: 10, cy: 10, r: 7.5, class: 'rim' }), svg('path', { d: 'M10 2.5a7.5 7.5 0 0 1 0 15z' }));

function applyTheme() {
  const chosen = localStorage.getItem('edwc.theme');
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

function switchTheme() {
  localStorage.setItem('edwc.theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  applyTheme();
  render();
}

function signOut() {
  forget();
  location.hash = '#/map';
  render();
}

/** In place of a page: what went wrong, and a way to try again. */
function showFault(error, again) {
  tryAgain = () => { tryAgain = null; return again(); };
  put(main, h('div', { class: 'view' }, h('div', { class: 'refusal', role: 'alert' }, h('h1', null, t('shell.failed')), h('p', null, error.message),
    error.requestId && h('p', { class: 'faint mono' }, error.requestId), h('button', { type: 'button', onclick: () => tryAgain?.() }, t('shell.again')))));
}

/** Say that the service is away for as long as it is; then what failed is tried again. A page that stands is left standing, with what is filled in on it: only what it shows is read again. */
function showLink(up) {
  const banner = document.getElementById('link');
  banner.textContent = up ? '' : t('shell.unreachable');
  banner.hidden = up;
  if (up) (tryAgain ?? missed)();
}

async function render() {
  tryAgain = null;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { path, query } = readAddress();
  const page = PAGES.find((each) => each.path.test(path)) ?? PAGES[0];
  drawShell(session.who ? page.name : '');
  try {
    const module = await script(session.who ? page.load : () => import('./pages/sign-in.js'));
    if (signal.aborted) return;
    document.title = `${t(session.who ? `page.${page.name}` : 'sign_in.title')} · EDWC`;
    const found = page.path.exec(path);
    const view = h('div', { class: 'view', 'data-page': session.who ? path.split('/')[0] : 'sign-in' }, loading());
    put(main, view);
    await module.show(view, { query, signal, found: found?.slice(1).map(decodeURIComponent) ?? [], signedIn: render });
    view.querySelector(':scope > .skeleton')?.remove();
    view.dataset.shown = 'yes';
  } catch (error) {
    if (signal.aborted || error.name === 'AbortError') return;
    if (!(error instanceof Problem)) console.error(error);
    showFault(error, render);
  }
}

window.addEventListener('hashchange', () => { render(); main.focus({ preventScroll: true }); window.scrollTo(0, 0); });
window.addEventListener('edwc:signed-out', () => { if (session.who) { signOut(); notice(t('shell.signed_out'), 'bad'); } });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme);
document.getElementById('skip').addEventListener('click', (event) => { event.preventDefault(); main.focus(); });

applyTheme();
window.addEventListener('edwc:unreachable', () => showLink(false));
window.addEventListener('edwc:reached', () => showLink(true));

/** The first page, once it is known whom the kept key stands for. */
async function begin() {
  try {
    await recognise();
    await render();
  } catch (error) {
    drawShell('');
    showFault(error, begin);
  }
}
await begin();
// The other pages' scripts, so that they are there when the service is not.
Promise.allSettled(PAGES.map((page) => page.load()));
document.documentElement.dataset.ready = 'yes';
