/* After "clear this phone": drops what the browser keeps, also where it does not obey Clear-Site-Data (plain http). */
'use strict';
(async () => {
  const quietly = async (work) => { try { await work(); } catch { /* not in this browser: nothing is kept there */ } };
  await quietly(() => localStorage.clear());
  await quietly(() => sessionStorage.clear());
  await quietly(async () => { for (const name of await caches.keys()) await caches.delete(name); });
  await quietly(async () => { for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name); });
  await quietly(async () => { for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister(); });
})();
