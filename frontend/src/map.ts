import { define } from "./lib/dom";
import { ReadMap } from "./islands/map";
import { MapPicker } from "./islands/map-picker";

define("gb-map", ReadMap);
define("gb-map-picker", MapPicker);
