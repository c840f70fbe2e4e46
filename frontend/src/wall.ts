import "./css/wall.css";
import { define } from "./lib/dom";
import { Wall } from "./islands/wall";

define("gb-wall", Wall);
