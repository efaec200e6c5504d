// Templates that units keep.
import { api, etag, newKey, ok, type Schemas } from "../../api/client";
import { saving } from "../../parts/conflict";
import { language, t } from "../../texts";

type Template = Schemas["AssignmentTemplate"];

/** titleOf is a template's title: the built-in ones have one in Chinese, and one for everybody else. */
export const titleOf = (x: Template): string => (language() === "zh-CN" ? x.title : x.title_en || x.title);

/** replacing writes over a template that is kept; undefined where somebody else's was taken instead. */
export function replacing(old: Template, body: { title: string; description: string; campaign_id?: string }): Promise<Template | undefined> {
  const path = { id: old.name };
  return saving<Template, Template>(
    old.version,
    (version) => ok(api.PATCH("/api/v1/campaign-templates/{id}", { params: { path, header: { "If-Match": etag(version), "Idempotency-Key": newKey() } }, body })),
    (now) => [
      { label: t("templates.title"), mine: body.title, theirs: now.title },
      { label: t("templates.description"), mine: body.description, theirs: now.description },
    ],
    () => ok(api.GET("/api/v1/campaign-templates/{id}", { params: { path } })),
  );
}
