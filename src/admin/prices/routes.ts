/** `/admin/prices`: adapters from HTTP to the verbs, and nothing else. A model's name may contain slashes. */
import { Hono } from "hono/tiny";
import { type AdminEnv, respond, verbContext } from "../api/context.ts";
import { body, param, query } from "../api/validate.ts";
import { copyPriceBody, listPricesQuery, listUnpricedQuery, priceParam, repriceBody, setPriceBody } from "./schema.ts";
import { copyPrice, deletePrice, listPrices, listUnpriced, refreshFeed, repriceRequests, setPrice } from "./verbs.ts";

export const priceRoutes = new Hono<AdminEnv>()
  .get("/", query(listPricesQuery), async (c) => {
    return respond(c, await listPrices(verbContext(c), c.req.valid("query")), 200);
  })
  .get("/unpriced", query(listUnpricedQuery), async (c) => {
    return respond(c, await listUnpriced(verbContext(c)), 200);
  })
  .post("/copy", body(copyPriceBody), async (c) => {
    return respond(c, await copyPrice(verbContext(c), c.req.valid("json")), 200);
  })
  .post("/refresh", async (c) => {
    return respond(c, await refreshFeed(verbContext(c)), 200);
  })
  .post("/reprice", body(repriceBody), async (c) => {
    return respond(c, await repriceRequests(verbContext(c), c.req.valid("json")), 200);
  })
  .put("/:model{.+}", param(priceParam), body(setPriceBody), async (c) => {
    return respond(c, await setPrice(verbContext(c), c.req.valid("param").model, c.req.valid("json")), 200);
  })
  .delete("/:model{.+}", param(priceParam), async (c) => {
    return respond(c, await deletePrice(verbContext(c), c.req.valid("param").model), 200);
  });
