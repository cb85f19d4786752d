/** For a list that is still empty: what will be here, and how to begin. */
import { Icon, type IconName } from "./icon.tsx";

interface Props {
  title: string;
  text: string;
  icon?: IconName;
  create?: { label: string; href: string } | null;
}

export function Empty({ title, text, icon, create }: Props) {
  return (
    <div class="empty">
      {icon && <Icon name={icon} />}
      <h2>{title}</h2>
      <p>{text}</p>
      {create && (
        <a class="button main" href={create.href}>
          <Icon name="plus" />
          {create.label}
        </a>
      )}
    </div>
  );
}
