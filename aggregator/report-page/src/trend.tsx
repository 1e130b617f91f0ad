// The trend over the runs that are kept, as areas one upon the other. The figures are a table beside it.

import { scaleLinear, scaleUtc } from "d3-scale";
import { area, stack } from "d3-shape";
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Head, Run } from "./data";
import { count, day, time } from "./text";

/** Until it is known how much room there is. */
const WIDTH = 720;
const HEIGHT = 240;
const MARGIN = { top: 12, right: 16, bottom: 28, left: 56 };

type Status = "non_compliant" | "undetermined" | "exempt" | "compliant";
const STATUSES: readonly Status[] = ["non_compliant", "undetermined", "exempt", "compliant"];

const total = (run: Run): number => STATUSES.reduce((sum, status) => sum + run[status], 0);

export function Trend({ head }: { readonly head: Head }): JSX.Element {
  const runs = head.trend;
  const figure = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(WIDTH);
  useLayoutEffect(() => {
    const fit = (): void => setWidth(Math.max(280, figure.current?.clientWidth ?? WIDTH));
    const observer = new ResizeObserver(fit);
    fit();
    if (figure.current !== null) observer.observe(figure.current);
    return () => observer.disconnect();
  }, []);
  const at = (run: Run): Date => new Date(run.started_at);
  const first = runs[0] as Run;
  const last = runs[runs.length - 1] as Run;
  const x = scaleUtc([at(first), at(last)], [MARGIN.left, width - MARGIN.right]);
  const y = scaleLinear([0, Math.max(1, ...runs.map(total))], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const layers = stack<Run, Status>().keys(STATUSES)([...runs]);
  const shape = area<{ 0: number; 1: number; data: Run }>()
    .x((point) => x(at(point.data)))
    .y0((point) => y(point[0]))
    .y1((point) => y(point[1]));
  const told = (run: Run): string =>
    `${count(run.non_compliant)} non-compliant, ${count(run.undetermined)} undetermined, ${count(run.exempt)} exempt, ` +
    `${count(run.compliant)} compliant, ${count(run.gaps)} gaps`;
  // A tick a run where there are few: made-up days between two runs would say nothing.
  const room = Math.max(2, Math.floor(width / 110));
  const few = runs.length <= Math.min(6, room);
  const ticks = few ? runs.map(at) : x.ticks(Math.min(6, room));
  return (
    <figure ref={figure}>
      <svg
        class="trend"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`Repositories by status over ${runs.length} runs. ${day(first.started_at)}: ${told(first)}. ${day(last.started_at)}: ${told(last)}.`}
      >
        {y.ticks(4).map((value) => (
          <g key={value} class="tick">
            <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(value)} y2={y(value)} />
            <text x={MARGIN.left - 8} y={y(value)} dy="0.32em" text-anchor="end">
              {count(value)}
            </text>
          </g>
        ))}
        {layers.map((layer) => (
          <path
            key={layer.key}
            class={{ non_compliant: "bad", undetermined: "doubt", exempt: "exempt", compliant: "good" }[layer.key]}
            d={shape(layer) ?? ""}
          />
        ))}
        {runs.map((run) => (
          <g key={run.run_id} class="run">
            <line x1={x(at(run))} x2={x(at(run))} y1={y(total(run))} y2={HEIGHT - MARGIN.bottom} />
            {run.gaps > 0 && (
              <text class="gap-mark" x={x(at(run))} y={y(total(run)) - 4} text-anchor="middle">
                !
              </text>
            )}
            <rect x={x(at(run)) - 8} y={MARGIN.top} width={16} height={HEIGHT - MARGIN.top - MARGIN.bottom}>
              <title>{`${time(run.started_at)}: ${told(run)}${run.interrupted ? ", interrupted" : ""}`}</title>
            </rect>
          </g>
        ))}
        {ticks.map((tick, index) => (
          <text
            key={tick.getTime()}
            class="date"
            x={x(tick)}
            y={HEIGHT - 8}
            text-anchor={index === 0 && few ? "start" : index === ticks.length - 1 && few ? "end" : "middle"}
          >
            {day(tick.toISOString())}
          </text>
        ))}
      </svg>
      <figcaption>
        <ul class="legend">
          {head.statuses.map((status) => (
            <li key={status.code}>
              <svg viewBox="0 0 10 10" class="swatch" aria-hidden="true">
                <rect class={status.class} width="10" height="10" />
              </svg>
              {status.label}
            </li>
          ))}
          <li>
            <strong aria-hidden="true">!</strong> not everything was seen
          </li>
        </ul>
      </figcaption>
    </figure>
  );
}
