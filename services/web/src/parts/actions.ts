// What may be done to a thing, as a table: an action is a row of it.

/** Action is what a page needs to offer something: `Thing` is what it is done to, `Given` what its dialog has asked. */
export interface Action<Thing extends { may: object }, Params, Given> {
  /** What of the thing's `may` shows it. */
  right: keyof Thing["may"];
  /** Whether it goes without a text, too. */
  textless?: boolean;
  /** The day that its dialog proposes; without this no day is asked. */
  due?: (thing: Thing) => string;
  /** Whether it does not go without the day. */
  dated?: boolean;
  send: (params: Params, given: Given) => Promise<object | undefined>;
}

/** offered names the actions of a table that one may take, in its order. */
export function offered<Name extends string, Thing extends { may: object }>(table: Record<Name, { right: keyof Thing["may"] }>, thing: Thing): Name[] {
  const may: Thing["may"] = thing.may;
  return (Object.keys(table) as Name[]).filter((a) => may[table[a].right]);
}
