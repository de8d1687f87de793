/**
 * A figure in the colours of the page. The server names an ink (a variable of tokens.css without its dashes) in the `meta.ink`
 * of a trace and in the `name` of a shape or note; here the names become colours, so that one figure serves every theme.
 */
const INKS = ["ink", "muted", "accent", "machine", "ok", "warn", "danger", "level", "line", "line-strong", "surface"];

/** The colours in use: {ink: "…", …, font: "…"}; `styleOf` reads one variable. */
export function coloursOf(styleOf) {
  return Object.fromEntries([...INKS, "font"].map((name) => [name, styleOf(`--${name}`).trim()]));
}

export function themed(figure, colours) {
  const axis = { gridcolor: colours.line, linecolor: colours["line-strong"], zerolinecolor: colours["line-strong"] };
  const layout = { ...figure.layout };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    layout[name] = { ...axis, ...layout[name] };
  }
  return {
    data: figure.data.map((trace) => inked(trace, colours)),
    layout: {
      ...layout,
      paper_bgcolor: colours.surface,
      plot_bgcolor: colours.surface,
      font: { ...layout.font, family: colours.font, color: colours.ink },
      hoverlabel: {
        bgcolor: colours.surface,
        bordercolor: colours["line-strong"],
        font: { family: colours.font, color: colours.ink },
      },
      shapes: (layout.shapes ?? []).map((shape) => shaped(shape, colours)),
      annotations: (layout.annotations ?? []).map((note) => ({
        ...note,
        font: { ...note.font, color: colours[note.name] ?? colours.muted },
      })),
    },
  };
}

function inked(trace, colours) {
  const colour = colours[trace.meta?.ink] ?? colours.accent;
  const marker = { ...trace.marker, color: colour, line: { color: colour, width: 1, ...trace.marker?.line } };
  if (trace.marker?.pattern) {
    marker.pattern = { ...trace.marker.pattern, fillmode: "overlay", fgcolor: colours.surface };
  }
  const bars = (each) => each && { ...each, color: colours.ink };
  const drawn = { ...trace, marker };
  if (trace.type !== "bar") drawn.line = { ...trace.line, color: colour };
  if (trace.error_x) drawn.error_x = bars(trace.error_x);
  if (trace.error_y) drawn.error_y = bars(trace.error_y);
  return drawn;
}

function shaped(shape, colours) {
  const colour = colours[shape.name] ?? colours.muted;
  const filled = shape.type === "rect" ? { fillcolor: colour } : {};
  return { ...shape, ...filled, line: { ...shape.line, color: colour } };
}
