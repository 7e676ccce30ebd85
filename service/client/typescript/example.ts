// A program with the generated types. A test compiles it: a field that is unknown or renamed fails.
import type { components, paths } from "./samestory";

type Schemas = components["schemas"];
type Response<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Content } } } };
}
  ? Content
  : never;
type Query<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Parameters } };
}
  ? Parameters
  : never;

export const query: Query<"/v1/stories"> = {
  q: "ferry -strike independent:3.. since:-24h",
  outlet: ["-meridian-wire"],
  sort: "newest",
};

// @ts-expect-error: there is no order of this name
export const wrong: Query<"/v1/stories"> = { sort: "oldest" };

export function headlines(page: Response<"/v1/stories">): string[] {
  return page.items.map((story) => `${story.headline ?? ""} (${story.independent ?? 0})`);
}

export function texts(found: Response<"/v1/search">): string[] {
  return found.articles.map((result) => result.article.title);
}

export function count(counts: Response<"/v1/counts">): number {
  return counts.items.reduce((sum: number, cell) => sum + cell.count, 0);
}

export function position(changes: Response<"/v1/changes">): number {
  for (const change of changes.items) {
    const kind: string = change.kind;
    console.log(kind, change.story);
  }
  return changes.next;
}

export function address(saved: Schemas["SavedQueryOut"]): string {
  // @ts-expect-error: not a field of a saved query
  console.log(saved.headline);
  return saved.stories;
}
