// Sign in with an API key.

import { session } from '../api.js';
import { h } from '../dom.js';
import { recognise } from '../who.js';
import { t } from '../words.js';

const KEY = /^[\x21-\x7e]+$/; // what a header may hold; anything else is no key of ours

export async function show(view, { signedIn }) {
  const field = h('input', { id: 'key', name: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'edwc_…' });
  const wrong = h('p', { class: 'fault', role: 'alert' });
  async function submit(event) {
    event.preventDefault();
    wrong.textContent = '';
    const key = field.value.trim();
    if (!KEY.test(key)) { wrong.textContent = t('sign_in.wrong'); return; }
    session.key = key;
    try {
      if (await recognise()) { await signedIn(); return; }
      wrong.textContent = t('sign_in.wrong');
    } catch (error) {
      session.key = '';
      wrong.textContent = error.message;
    }
  }
  view.append(h('form', { class: 'card narrow', onsubmit: submit },
    h('h1', null, t('sign_in.title')),
    h('p', null, t('sign_in.words')),
    h('label', { for: 'key' }, t('sign_in.key')), field, wrong,
    h('button', { type: 'submit', class: 'primary' }, t('sign_in.enter')),
    h('p', { class: 'faint' }, t('sign_in.where'))));
  field.focus();
}
