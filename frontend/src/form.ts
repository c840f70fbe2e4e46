import { define } from "./lib/dom";
import { Photos } from "./islands/photos";

define("gb-photos", Photos);
