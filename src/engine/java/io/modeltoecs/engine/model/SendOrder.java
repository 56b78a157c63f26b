package io.modeltoecs.engine.model;

import java.io.Serializable;
import java.util.ArrayList;

/** The next parts of an upload that are to be sent, one after the other. */
public record SendOrder(ArrayList<PartOrder> parts) implements Serializable {}
