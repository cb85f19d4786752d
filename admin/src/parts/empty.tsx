/** Where there is nothing yet: what will be here, and how to begin. */
interface Props {
  title: string;
  text: string;
  create?: { label: string; href: string } | null;
}

export function Empty({ title, text, create }: Props) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {create && (
        <a class="button main" href={create.href}>
          {create.label}
        </a>
      )}
    </div>
  );
}
