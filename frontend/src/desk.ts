import { define } from "./lib/dom";
import { Queue } from "./islands/queue";

define("gb-queue", Queue);
