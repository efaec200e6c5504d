// What is kept on this device until the server has it: files on their way.
// IndexedDB holds files of any size and survives closing the page; where it is
// switched off (private windows), things are kept for this visit.
const database = "duban";
const table = "uploads";

export interface StoredUpload {
  /** The client_id of the upload: announcing it again makes no second copy. */
  key: string;
  /** Whose it is; another person at this device does not see it. */
  owner: string;
  /** What it is for: "<assignment>/<requirement>". */
  place: string;
  unit: string;
  name: string;
  file: Blob;
  /** Where the server takes its bytes, once announced. */
  url?: string;
}

let opened: Promise<IDBDatabase> | undefined;
const visit = new Map<string, StoredUpload>();

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const r = indexedDB.open(database, 1);
    r.onupgradeneeded = () => r.result.createObjectStore(table, { keyPath: "key" });
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error ?? new Error("no IndexedDB"));
  });
  return opened;
}

function done<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error ?? new Error("IndexedDB"));
  });
}

export async function keepUpload(u: StoredUpload): Promise<void> {
  try {
    await done((await open()).transaction(table, "readwrite").objectStore(table).put(u));
  } catch {
    visit.set(u.key, u);
  }
}

export async function dropUpload(key: string): Promise<void> {
  visit.delete(key);
  try {
    await done((await open()).transaction(table, "readwrite").objectStore(table).delete(key));
  } catch {
    // It was kept for this visit only.
  }
}

/** isKept tells whether it still is: another window may have sent it. */
export async function isKept(key: string): Promise<boolean> {
  try {
    return (await done((await open()).transaction(table).objectStore(table).getKey(key))) !== undefined || visit.has(key);
  } catch {
    return visit.has(key);
  }
}

/** keptUploads lists what its owner has on the way to places that begin so. */
export async function keptUploads(owner: string, prefix: string): Promise<StoredUpload[]> {
  let all: StoredUpload[];
  try {
    all = (await done((await open()).transaction(table).objectStore(table).getAll())) as StoredUpload[];
  } catch {
    all = [];
  }
  return [...all, ...visit.values()].filter((u) => u.owner === owner && u.place.startsWith(prefix));
}
