/* Passkeys: shows the forms that need them where the browser can, and hands their ceremonies to allauth's script. */
'use strict';
(() => {
  if (!window.isSecureContext || !window.PublicKeyCredential || !window.allauth) return;
  const starts = { add: 'addForm', use: 'authenticateForm', login: 'loginForm' };
  const verbs = { add: 'add', use: 'authenticate', login: 'login' };
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    const kind = form.dataset.passkey;
    const button = form.querySelector('[data-passkey-button]');
    const credential = form.querySelector('[name=credential]');
    const alone = form.querySelector('[name=passwordless]');
    button.id = button.id || `passkey-${kind}`;
    const ids = { [verbs[kind]]: button.id, credential: credential.id, data: 'passkey-data' };
    if (alone) ids.passwordless = alone.id;
    window.allauth.webauthn.forms[starts[kind]]({ ids });
    form.hidden = false;
  }
  for (const words of document.querySelectorAll('[data-passkey-missing]')) words.hidden = true;
  document.addEventListener('allauth.error', (event) => {
    event.preventDefault();
    for (const words of document.querySelectorAll('[data-passkey-error]')) words.hidden = false;
  });
})();
