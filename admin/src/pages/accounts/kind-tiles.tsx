/** The kinds of accounts to choose from, by provider. */
import { ACCOUNT_KINDS, type AccountKind, pathOfKind } from "./kinds.ts";
import { words } from "./words.ts";

export function KindTiles({ hrefOf }: { hrefOf: (kind: AccountKind) => string }) {
  return (
    <>
      <p class="soft">{words.chooseKind}</p>
      <div class="tiles">
        {ACCOUNT_KINDS.map((offered) => (
          <a key={pathOfKind(offered)} class="tile" href={hrefOf(offered)}>
            {offered.provider}
            <small>{offered.way}</small>
          </a>
        ))}
      </div>
    </>
  );
}
