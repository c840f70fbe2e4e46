import { define } from "./lib/dom";
import { Chart } from "./islands/chart";

define("gb-chart", Chart);
