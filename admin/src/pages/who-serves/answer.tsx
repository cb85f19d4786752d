/** Each account, with its place in the order or the reason why it would not serve. */
import type { InferResponseType } from "hono/client";
import type { AdminClient } from "../../api.ts";
import { format, strings } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { reasonText } from "../refusals/words.ts";
import { PROTOCOL_NAMES } from "./question.ts";
import { words } from "./words.ts";

export type RouteAnswer = InferResponseType<AdminClient["admin"]["route"]["$get"], 200>;
type RouteAccount = RouteAnswer["accounts"][number];

interface Props {
  answer: RouteAnswer;
  router: Router;
}

export function WhoServesAnswer({ answer, router }: Props) {
  const { accounts, chain, refusal } = answer;
  const now = Date.now();
  return (
    <section class="panel" aria-labelledby="answer-title">
      <h2 id="answer-title">{words.answer}</h2>
      <p class="soft small">{words.notAsked}</p>
      {refusal && <p class="note">{words.refused(reasonText(refusal.reason))}</p>}
      {chain && <p class="soft">{words.chain(chain.map(({ model }) => model).join(" → "))}</p>}
      {accounts.length === 0 && <p>{words.noAccounts}</p>}
      {accounts.length > 0 && !accounts.some(({ serves }) => serves) && <p class="note">{words.nobody}</p>}
      {accounts.length > 0 && (
        <div class="table">
          <table>
            <caption class="unseen">{words.title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.account}</th>
                <th scope="col">{words.answer}</th>
                <th scope="col">{words.askedFor}</th>
              </tr>
            </thead>
            {accounts.map((account) => (
              <tbody key={account.account_id}>
                <tr>
                  <td>
                    <a
                      class="name cut"
                      href={router.href(pathTo("/accounts/:id", { id: account.account_id }))}
                      title={account.account_name}
                    >
                      {account.account_name}
                    </a>
                    <span class="under mono">{`${account.platform} · ${account.kind}`}</span>
                  </td>
                  <td class="wide">
                    <Verdict account={account} refused={refusal !== null} now={now} />
                  </td>
                  <td>
                    <AskedFor account={account} />
                  </td>
                </tr>
              </tbody>
            ))}
          </table>
        </div>
      )}
    </section>
  );
}

/** If the request reaches no account, the place is the one that the account would have had. */
function Verdict({ account, refused, now }: { account: RouteAccount; refused: boolean; now: number }) {
  const { position, last_resort, why_not, until } = account;
  const said = [
    last_resort ? words.lastResort : "",
    why_not === null ? "" : words.whyNot[why_not],
    until === null ? "" : words.until(format.ago(until, now)),
  ].filter(Boolean);
  return (
    <>
      {position === null ? (
        <Badge tone="off">{words.no}</Badge>
      ) : refused ? (
        <Badge tone="off">{words.wouldBe(format.count(position))}</Badge>
      ) : (
        <Badge tone={last_resort ? "warn" : "ok"}>{words.place(format.count(position))}</Badge>
      )}
      {said.length > 0 && <div class="soft small">{said.join(" ")}</div>}
    </>
  );
}

function AskedFor({ account: { model, protocol, translated } }: { account: RouteAccount }) {
  if (model === null) return <>{strings.units.none}</>;
  const spoken = protocol === null ? "" : PROTOCOL_NAMES[protocol];
  return (
    <>
      <span class="cut mono" title={model}>
        {model}
      </span>
      <span class="under">{translated ? `${spoken}, ${words.translated}` : spoken}</span>
    </>
  );
}
