/* Shows the offer to keep the lists only where the browser can keep them. */
"use strict";
for (const offer of document.querySelectorAll("[data-keep]")) {
  offer.hidden = !(navigator.serviceWorker && window.indexedDB && window.crypto && crypto.subtle);
}
